"""The policy core: facts in, decision out.

Pure: it imports no framework, no database, no clock and nothing else of the site. Rulebooks
(`rulebooks/*.yaml`) are dated data; `decide.decide` is the branching; `interview.replay` asks
exactly the facts a decision names.
"""
