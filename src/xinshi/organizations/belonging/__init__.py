"""What a member decides about belonging, and what who keeps an organisation sees and asks: consent, enrolment, export."""
