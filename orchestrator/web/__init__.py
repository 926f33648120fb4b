"""What people see in a browser: the viewer's page on the public port, the desk on the private one.

Two processes, two listening sockets, both inherited from the supervisor. The public one serves
only public things.
"""
