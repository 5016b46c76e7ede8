"""Callbacks: whom they may go to, what they say, how they are signed, and when each is due. Nothing here sends."""
