from convsim.dialogue import simulate as simulate
