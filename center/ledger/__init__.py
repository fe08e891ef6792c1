"""The books of the center: double entry in integer 分, only ever added to (财会字〔1999〕33号, 〔2000〕12号).

`post` is the only way in. Balances follow from the transfers; `pool` and `holding` keep them at hand.
"""
