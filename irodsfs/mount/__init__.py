"""The mount: requests of the kernel (pyfuse3) translated for the file system, and its answers back."""
