"""One file a service: `call_all(place)` calls every operation of it that the simulator has."""
