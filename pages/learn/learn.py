"""Learn: lessons, a screenful a step, at the reader's own pace."""

from pages.learn.screen import screen

screen()
