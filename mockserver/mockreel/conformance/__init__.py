"""`mockreel verify server`: does a server keep the contract?"""
