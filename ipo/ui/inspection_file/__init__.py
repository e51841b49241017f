"""An inspection as one file of HTML, in which figures are as live as on the page."""
