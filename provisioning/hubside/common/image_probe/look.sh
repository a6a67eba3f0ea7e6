# Prints facts about the image in which it runs: a line "HUBPORTAL-PROBE KEY VALUE" for each fact, and "end" as the last
# one. For any POSIX shell; $HUBPORTAL_LOOK is the text of look.py, for images with Python.
fact() { printf 'HUBPORTAL-PROBE %s\n' "$*"; }
# Print the first line of a program's output, limited to ten seconds if the image has `timeout`.
first() {
    if command -v timeout >/dev/null 2>&1; then set -- timeout 10 "$@"; fi
    "$@" </dev/null 2>/dev/null | head -n 1
}
fact begin
fact uid "$(id -u 2>/dev/null)"
fact user "$(id -un 2>/dev/null)"
fact home "$HOME"
fact architecture "$(uname -m 2>/dev/null)"
if command -v git >/dev/null 2>&1; then fact git "$(first git --version)"; fi
for server in "$(command -v rserver 2>/dev/null)" /usr/lib/rstudio-server/bin/rserver; do
    if [ -n "$server" ] && [ -x "$server" ]; then fact rstudio "$(first "$server" --version)"; break; fi
done
if command -v Rscript >/dev/null 2>&1; then
    fact r "$(first Rscript --vanilla -e 'cat(as.character(getRversion()))')"
    (
        if command -v timeout >/dev/null 2>&1; then set -- timeout 30; else set --; fi
        "$@" Rscript --vanilla -e 'p <- installed.packages()[, c("Package", "Version"), drop = FALSE]
            cat(sprintf("HUBPORTAL-PROBE r-package %s %s\n", p[, 1], p[, 2]), sep = "")' </dev/null 2>/dev/null
    )
fi
# Use the Python of the server's command, if it names one: an image can have several.
python=""
if server="$(command -v jupyterhub-singleuser 2>/dev/null)"; then
    python="$(head -n 1 "$server" 2>/dev/null | sed -n 's|^#! *\(/[^ ]*\).*|\1|p')"
    case "$python" in */env | */sh | */bash | */dash) python="" ;; esac
fi
for found in "$python" "$(command -v python3 2>/dev/null)" "$(command -v python 2>/dev/null)"; do
    if [ -n "$found" ] && [ -x "$found" ]; then "$found" -c "$HUBPORTAL_LOOK" </dev/null; break; fi
done
fact end
