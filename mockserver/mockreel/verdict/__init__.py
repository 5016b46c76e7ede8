"""`mockreel verify client`: is an integration safe to put in production?"""
