"""The guides of docs/, served at /help/, and which part of them belongs to which page."""
