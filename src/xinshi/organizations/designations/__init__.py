"""Bases 志愿服务爱心基地, demonstration points 示范点 and teams 示范队: targets, what was achieved, reviews."""
