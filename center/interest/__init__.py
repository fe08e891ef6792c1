"""年度结息: dated rates, 积数 from the books, the run of a year, accrual."""
