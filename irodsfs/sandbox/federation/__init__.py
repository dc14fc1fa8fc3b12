"""Other zones: their servers get the requests that belong there, over connections that each agent keeps for itself."""
