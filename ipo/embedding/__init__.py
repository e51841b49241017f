"""What a picture shows, as numbers: features of image backbones whose weights are on this machine."""
