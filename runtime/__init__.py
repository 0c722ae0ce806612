"""What every Django part stands on: errors for people, the commands' contract, live updates."""
