"""The authorization server: everything about who may do what, and no HTML.

Layers, top to bottom (imports point down, a sibling never imports a sibling):

    app | cli                                  compose and operate
    protocol                                   HTTP of the specifications, one module an endpoint
    grants | interaction                       what a grant type adds; what the patient must still do
    pairing                                    the long-lived link between a profile and a client, and its consents
    catalogue                                  what patients see of a service; scopes and their texts
    tokens | identity | clients                rows and rules of each
    keys | notifications | ratelimit           signing keys; the outbox and its channels; budgets
    audit                                      the journal
    db | crypto | outbound | events | logs     one door each
    settings
    clock | entropy | errors | guard
"""
