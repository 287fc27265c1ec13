"""The cited tables behind eligibility, interactions, resistance, episodes, risk and crisis help."""
