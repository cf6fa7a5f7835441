#!/bin/sh
touch "$(dirname "$0")/it-ran"
