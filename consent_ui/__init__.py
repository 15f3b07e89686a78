"""Pages for patients: HTML only. `flow` is the way towards an app, `pages` the patient at home."""
