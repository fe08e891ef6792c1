"""汇缴: what a month comes to, how the unit's months stand, and what is shown of them."""
