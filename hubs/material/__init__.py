"""Course material in git repositories: the addresses that teachers copy, what a repository has, links for a class."""
