"""The station's kiosk 自助签到机: a device that a coordinator enrolled, where volunteers come and go with number and PIN.

Owns: kiosks, PINs and how often they may be guessed. Does not own: what a check-in does (codes).
Verbs: `create_kiosk`, `renew_setup_code`, `enrol`, `revoke_kiosk`, `set_pin`, `enter`.
"""
