"""The portal as it runs: real Redis, real worker, beat and web processes, real hubs; rows in the test database."""
