"""The throwaway Docker Hub of one page: `start` brings it up, docker-registry keeps the images, we hand out the tokens.

This folder is part of the sandbox's image, where it runs on Python's standard library alone. As on the real Hub, the
registry lets nobody in without a token, and sends everybody to https://auth.docker.io/token for one:
https://distribution.github.io/distribution/spec/auth/token/
"""
