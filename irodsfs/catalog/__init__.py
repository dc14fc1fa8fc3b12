"""What this mount believes about the namespace of the zone, and for how long."""
