"""The portal's own icons: one stroke, a 24 x 24 grid, in the current text colour.

Each value is the content of an <svg>, which `{% icon %}` adds. Two icons are filled: "dot" and "play".
"""

from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

ICONS: dict[str, str] = {
    "hubs": '<circle cx="12" cy="12" r="3"/><circle cx="5" cy="5" r="2"/><circle cx="19" cy="5" r="2"/>'
    '<circle cx="12" cy="21" r="1.5"/><path d="m6.5 6.5 3.4 3.4M17.5 6.5l-3.4 3.4M12 15v4.5"/>',
    "hub": '<circle cx="12" cy="12" r="3.5"/><path d="M12 3v5.5M12 15.5V21M3 12h5.5M15.5 12H21"/>',
    "request": '<path d="M14 3H6v18h12V7z"/><path d="M14 3v4h4M9 12h6M9 16h4"/>',
    "organization": '<path d="M3 21h18M5 21V8l7-5 7 5v13"/><path d="M9 21v-5h6v5M9 11h.01M15 11h.01"/>',
    "cluster": '<path d="M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01M12 7h4M12 17h4"/>',
    "queue": '<path d="M4 13h4l2 3h4l2-3h4"/><path d="M4 13v6h16v-6l-3-8H7z"/>',
    "audit": '<path d="M12 3 5 6v5c0 4.5 3 8 7 10 4-2 7-5.5 7-10V6z"/><path d="m9 12 2 2 4-4"/>',
    "styleguide": '<path d="M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4z"/><circle cx="16.5" cy="16.5" r="3.5"/>',
    "people": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6"/>'
    '<path d="M16 4.8a3.5 3.5 0 0 1 0 6.4M18.5 14.6c1.7.9 2.8 2.7 3 5.4"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4.5 21c.5-4.5 3.5-7 7.5-7s7 2.5 7.5 7"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "check-circle": '<circle cx="12" cy="12" r="9"/><path d="m8 12.5 2.8 2.8L16 9.5"/>',
    "alert": '<path d="M12 3.5 2.5 20h19z"/><path d="M12 10v4.5M12 17.3v.01"/>',
    "x": '<path d="M6 6l12 12M18 6 6 18"/>',
    "x-circle": '<circle cx="12" cy="12" r="9"/><path d="m9 9 6 6M15 9l-6 6"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>',
    "pause": '<circle cx="12" cy="12" r="9"/><path d="M10 9v6M14 9v6"/>',
    "play": '<path d="M8 5.5v13l10.5-6.5z" fill="currentColor"/>',
    "stop": '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5h5v5h-5z"/>',
    "refresh": '<path d="M20 11a8 8 0 0 0-14.5-3.5L4 9.5M4 4.5v5h5M4 13a8 8 0 0 0 14.5 3.5l1.5-2M20 19.5v-5h-5"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "filter": '<path d="M3 5h18M6.5 12h11M10 19h4"/>',
    "external": '<path d="M13 4h7v7M20 4l-9 9M10 5H5v14h14v-5"/>',
    "copy": '<path d="M9 9h11v11H9z"/><path d="M5 15H4V4h11v1"/>',
    "edit": '<path d="M4 20h4L19.5 8.5l-4-4L4 16z"/><path d="m13 7 4 4"/>',
    "trash": '<path d="M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5"/>',
    "send": '<path d="M21 3 3 10.5l7 3.5 3.5 7z"/><path d="m10 14 4.5-4.5"/>',
    "undo": '<path d="M4 9h10.5a5.5 5.5 0 0 1 0 11H8"/><path d="M8.5 4.5 4 9l4.5 4.5"/>',
    "history": '<path d="M4 5v5h5"/><path d="M4.5 10A8.5 8.5 0 1 1 4 14.5M12 8v4.5l3 2"/>',
    "settings": '<path d="M4 7h8M18 7h2M4 17h2M12 17h8"/><circle cx="15" cy="7" r="2.8"/>'
    '<circle cx="9" cy="17" r="2.8"/>',
    "memory": '<path d="M3 7h18v9H3z"/><path d="M7 10.5v2M11 10.5v2M15 10.5v2M6 16v3M12 16v3M18 16v3"/>',
    "cpu": '<path d="M7 7h10v10H7z"/><path d="M10 10h4v4h-4zM10 3.5V7M14 3.5V7M10 17v3.5M14 17v3.5'
    'M3.5 10H7M3.5 14H7M17 10h3.5M17 14h3.5"/>',
    "disk": '<path d="M3 14h18v6H3zM3 14l3-10h12l3 10M16.5 17h.01"/>',
    "calendar": '<path d="M4 6h16v15H4zM4 10.5h16M8.5 3v4M15.5 3v4"/>',
    "lock": '<path d="M5 11h14v10H5z"/><path d="M8 11V7.5a4 4 0 0 1 8 0V11M12 15v2"/>',
    "key": '<circle cx="8" cy="15" r="4.5"/><path d="m11.5 11.5 8.5-8M16.5 7l3 3"/>',
    "mail": '<path d="M3 5h18v14H3z"/><path d="m3 7 9 6.5L21 7"/>',
    "menu": '<path d="M4 6.5h16M4 12h16M4 17.5h16"/>',
    "sun": '<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4'
    'M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"/>',
    "moon": '<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"/>',
    "sign-out": '<path d="M10 4H4v16h6M15 8l4.5 4-4.5 4M19.5 12H9"/>',
    "chevron-right": '<path d="m9.5 6 6 6-6 6"/>',
    "chevron-down": '<path d="m6 9.5 6 6 6-6"/>',
    "arrow-right": '<path d="M4 12h15M13.5 6.5 19 12l-5.5 5.5"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.7v.01"/>',
    "help": '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.7v.01"/>',
    "comment": '<path d="M4 5h16v11h-9l-4.5 4v-4H4z"/>',
    "book": '<path d="M12 6.5C10 5 7 4.5 4 5v13.5c3-.5 6 0 8 1.5 2-1.5 5-2 8-1.5V5c-3-.5-6 0-8 1.5zM12 6.5V20"/>',
    "flask": '<path d="M9.5 3h5M10.5 3v6L5 19a1.5 1.5 0 0 0 1.3 2h11.4a1.5 1.5 0 0 0 1.3-2l-5.5-10V3M8 15h8"/>',
    "globe": '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c5 5.5 5 12.5 0 18M12 3c-5 5.5-5 12.5 0 18"/>',
    "chart": '<path d="M4 4v16h16M8.5 16v-4M12.5 16V8M16.5 16v-6"/>',
    "code": '<path d="m8.5 7-5 5 5 5M15.5 7l5 5-5 5M13.5 5l-3 14"/>',
    "map": '<path d="m3 6.5 6-2.5 6 2.5 6-2.5v13.5L15 20l-6-2.5L3 20zM9 4v13.5M15 6.5V20"/>',
    "dot": '<circle cx="12" cy="12" r="4.5" fill="currentColor"/>',
    "spinner": '<path d="M12 3a9 9 0 1 1-9 9"/>',
}


@lru_cache(1024, typed=True)  # few icons, used many times per page; typed, because a SafeString equals an unsafe str
def icon(name: str, label: str = "") -> SafeString:
    """Return an inline SVG: with a label an image of that name, else decorative. Raise KeyError for an unknown icon."""
    named = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon icon-{}" viewBox="0 0 24 24" width="16" height="16" fill="none" stroke="currentColor" '
        'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" focusable="false" {}>{}</svg>',
        name,
        named,
        mark_safe(ICONS[name]),  # noqa: S308 - our own constant
    )
