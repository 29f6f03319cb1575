"""What pages make known and nobody typed in: posts of watched creators, and people whose profiles tell how many follow them."""
