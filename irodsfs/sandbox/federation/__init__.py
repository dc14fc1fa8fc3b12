"""Other zones: their servers get the requests that belong there, over connections of each session."""
