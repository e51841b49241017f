"""Every session-state, widget and fragment key of the app, once."""

from enum import StrEnum


class Keys(StrEnum):
    """Keys by page. The first four are query parameters too: a reload comes back to the same place."""

    CURATION_PROMPT = "prompt"
    CURATION_SIZE = "size"
    CURATION_DECODER = "decoder"
    CURATION_MODE = "mode"
    CURATION_SESSION = "curation_session"  # SessionKey at work in this tab
    CURATION_SESSION_CHOICE = "curation_session_choice"
    CURATION_TILES = "curation_tiles"
    CURATION_PROBLEM = "curation_problem"
    CURATION_DECK = "curation_deck"
    CURATION_DECK_FRAGMENT = "curation_deck_fragment"
    CURATION_SHELF = "curation_shelf"
    CURATION_GALLERY = "curation_gallery"
    CURATION_GALLERY_LABEL = "curation_gallery_label"
    CURATION_GALLERY_PROPOSER = "curation_gallery_proposer"
    CURATION_GALLERY_SORT = "curation_gallery_sort"
    CURATION_GALLERY_AGAIN = "curation_gallery_again"
    CURATION_GALLERY_RETRY = "curation_gallery_retry"
    CURATION_GALLERY_TAB = "curation_gallery_tab"  # the order that this tab works through
    CURATION_GALLERY_SHELF = "curation_gallery_shelf"
    CURATION_GALLERY_PULSE = "curation_gallery_pulse"
    CURATION_PROPOSER = "curation_proposer"
    CURATION_EXPLORE = "curation_explore"
    CURATION_VALUE_MODEL = "curation_value_model"
    CURATION_DAMAGED = "curation_damaged"

    SIDEBAR_LIVE_FRAGMENT = "sidebar_live_fragment"
    SIDEBAR_PULSE = "sidebar_pulse"
    SIDEBAR_COMPUTE_CV = "sidebar_compute_cv"
    SIDEBAR_CANCEL_CV = "sidebar_cancel_cv"
    SIDEBAR_CV_AFTER_FIT = "sidebar_cv_after_fit"
    SIDEBAR_TRAIN_RESULTS = "sidebar_train_results"
    SIDEBAR_RETRY_FIT = "sidebar_retry_fit"
    SIDEBAR_STEP_SCORES = "sidebar_step_scores"
    SIDEBAR_LOGS = "sidebar_logs"
    SIDEBAR_LOGS_DEBUG = "sidebar_logs_debug"
    SIDEBAR_LOGS_LINES = "sidebar_logs_lines"
    SIDEBAR_RAW_LATENTS = "sidebar_raw_latents"
