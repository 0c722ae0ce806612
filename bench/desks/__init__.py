"""What `bench.desk` stands on: many tickets (`making`), agents and open pages (`walking`)."""
