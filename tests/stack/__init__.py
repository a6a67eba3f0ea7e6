"""The portal as it runs: real Redis, worker, beat and web processes, real hubs; rows are in the test database."""
