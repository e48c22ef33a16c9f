"""Guards that ask somebody, and opening whatever a user names as a guard.

    opening      from what a user wrote to a target behind its guards
    asking       a model that is asked in words (`prompts/`)
    trained      a guard model in its own published format

What a guard is, and the guards that need no model, are in `targets.guarded`.
"""
