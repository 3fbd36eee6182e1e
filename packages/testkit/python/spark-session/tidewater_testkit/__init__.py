"""Python that the test kit runs on its own Spark; nothing of it goes to a cluster."""
