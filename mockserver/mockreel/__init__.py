"""Mock provider and contract-testing kit for asynchronous video-generation APIs."""
