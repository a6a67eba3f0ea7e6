"""Sentences of the product that more than two test files read, each in one place, so that a changed one is edited once.
tests/project/test_words_once.py says when another one belongs here. Labels are read from the fields."""

from hubs.spec import FIELDS


def label(path: str) -> str:
    """Return the label of a field of the form."""
    return FIELDS[path].words.label


MEMORY_LABEL, GUARANTEED_MEMORY = label("singleuser.memory.limit"), label("singleuser.memory.guarantee")
PEOPLE_COUNT, REPOSITORY = label("about.heads"), label("singleuser.content.repository")
STORAGE_LABEL = label("singleuser.storage.capacity")
IMAGE_TAG, OPENS_WITH = label("singleuser.image.tag"), label("singleuser.defaultUrl")
TOTAL_MEMORY, SHORT_NAME, USER_NAME = "Total memory", "Short name", "User name"

# buttons and choices
SEND_REQUEST, CREATE_HUB, APPLY_CHANGE = "Send request", "Create hub", "Apply change"
ADD_PEOPLE, ANOTHER_IMAGE, DRAFT_SAVED = "Add people", "Another image", "Draft saved"
# what becomes of a request
AUTOMATIC, NEEDS_REVIEW, NOT_YET = "Will be approved automatically", "Needs review by staff", "Can’t be sent yet"
RESTARTS, NO_SERVERS = "The hub restarts", "No servers are running"
# errors
CLUSTER_SILENT, EMPTY_FIELD = "The cluster is not responding.", "Please fill this in."
ONE_OF_YOURS, SIGNED_OUT = "Choose one of your organisations.", "You are signed out"
# steps, and names that the portal gives
START_HUB, THIS_MACHINE, PORTAL, PYTHON_IMAGE = "Start the hub", "This machine", "Hub Portal", "Python for science"
ABOVE_LIMITS = "Above the organisation limits"
