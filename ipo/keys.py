"""Every session-state, widget and fragment key of the app, once."""

from enum import StrEnum


class Keys(StrEnum):
    """Keys by page. The first five are query parameters too: a reload comes back to the same place."""

    CURATION_PROMPT = "prompt"
    CURATION_SIZE = "size"
    CURATION_DECODER = "decoder"
    CURATION_MODE = "mode"
    CURATION_COPY = "copy"  # of the session, when it is a duplicate
    CURATION_SESSION = "curation_session"  # SessionKey at work in this tab
    CURATION_SESSION_CHOICE = "curation_session_choice"
    CURATION_CHOSEN = "curation_chosen"  # SessionKey to go to when the page is drawn next
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
    CURATION_LINE_DECODE = "curation_line_decode"
    CURATION_LINE_STEPS = "curation_line_steps"
    CURATION_LINE_PULSE = "curation_line_pulse"
    CURATION_LINE_SHELF = "curation_line_shelf"

    VALUE_MODEL_SCORES_FRAGMENT = "value_model_scores_fragment"
    VALUE_MODEL_CV_FRAGMENT = "value_model_cv_fragment"
    VALUE_MODEL_LEARNING_FRAGMENT = "value_model_learning_fragment"
    VALUE_MODEL_PATH_FRAGMENT = "value_model_path_fragment"
    VALUE_MODEL_FITS_FRAGMENT = "value_model_fits_fragment"
    VALUE_MODEL_LAST_FITS_FRAGMENT = "value_model_last_fits_fragment"
    VALUE_MODEL_SURPRISES_FRAGMENT = "value_model_surprises_fragment"
    VALUE_MODEL_LINE_FRAGMENT = "value_model_line_fragment"
    VALUE_MODEL_BEAT_FRAGMENT = "value_model_beat_fragment"
    VALUE_MODEL_PULSE = "value_model_pulse"
    VALUE_MODEL_SHELF = "value_model_shelf"
    VALUE_MODEL_COMPUTE_CV = "value_model_compute_cv"
    VALUE_MODEL_CANCEL_CV = "value_model_cancel_cv"
    VALUE_MODEL_CV = "value_model_cv"
    VALUE_MODEL_COMPUTE_CURVE = "value_model_compute_curve"
    VALUE_MODEL_CANCEL_CURVE = "value_model_cancel_curve"
    VALUE_MODEL_CURVE = "value_model_curve"
    VALUE_MODEL_LAMBDA = "value_model_lambda"
    VALUE_MODEL_RELATIVE_LAMBDA = "value_model_relative_lambda"
    VALUE_MODEL_PATH = "value_model_path"
    VALUE_MODEL_CALIBRATION = "value_model_calibration"
    VALUE_MODEL_HISTORY = "value_model_history"
    VALUE_MODEL_SURPRISES = "value_model_surprises"  # ids on screen
    VALUE_MODEL_TO_GALLERY = "value_model_to_gallery"
    VALUE_MODEL_LINE_DECODE = "value_model_line_decode"
    VALUE_MODEL_LINE_STEPS = "value_model_line_steps"

    PAGE_FRAGMENT = "page_fragment"  # of the page at hand, drawn with each beat of the sidebar
    DRAWN_VERSIONS = "drawn_versions"  # fragment → version of what it shows

    SESSION_NOTE_READ = "session_note_read"  # followed by what the note is about

    SESSION_MENU = "session_menu"
    SESSION_MENU_FRAGMENT = "session_menu_fragment"
    SESSION_MENU_PULSE = "session_menu_pulse"
    SESSION_MENU_AWAITED = "session_menu_awaited"  # what this tab asked for and follows up
    SESSION_MENU_TITLE = "session_menu_title"
    SESSION_MENU_DUPLICATE = "session_menu_duplicate"
    SESSION_MENU_CANCEL_DUPLICATE = "session_menu_cancel_duplicate"
    SESSION_MENU_EXPORT = "session_menu_export"  # followed by what is exported
    SESSION_MENU_CANCEL_EXPORT = "session_menu_cancel_export"
    SESSION_MENU_DOWNLOAD = "session_menu_download"
    SESSION_MENU_UPLOAD = "session_menu_upload"  # followed by how many came before
    SESSION_MENU_IMPORTED = "session_menu_imported"  # id of the last uploaded file
    SESSION_MENU_UPLOADS = "session_menu_uploads"
    SESSION_MENU_CANCEL_IMPORT = "session_menu_cancel_import"

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
