"""What the commands do in a zone, whoever asks: a session of their own or the control socket of a mount."""
