"""Who signs in and for whom they may act: accounts, profiles, delegations, factors and browser sessions."""
