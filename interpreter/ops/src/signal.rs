//! Signals, as images name them.

/// The signal that asks a process to end where nothing else is said.
pub const SIGTERM: u8 = 15;

/// By number, from 1 on: those that Linux has on every processor that it is common on.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// Those that programs may use as they like. The C library keeps the two before for itself.
const RT_MIN: u8 = 34;
const RT_MAX: u8 = 64;

/// A signal's number by its name (`SIGQUIT`, `quit`, `RTMIN+3`, `3`), as container engines read it. `None`: there is no such signal.
pub fn signal_number(name: &str) -> Option<u8> {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return name.parse().ok().filter(|number| (1..=RT_MAX).contains(number));
    }
    let upper = name.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let distance = |text: &str| text.parse::<u8>().ok().filter(|_| !text.starts_with('+'));
    let number = match name {
        "RTMIN" => Some(RT_MIN),
        "RTMAX" => Some(RT_MAX),
        "IOT" => signal_number("ABRT"),
        "CLD" => signal_number("CHLD"),
        "POLL" => signal_number("IO"),
        _ => match (name.strip_prefix("RTMIN+"), name.strip_prefix("RTMAX-")) {
            (Some(above), _) => distance(above).and_then(|above| RT_MIN.checked_add(above)),
            (_, Some(below)) => distance(below).and_then(|below| RT_MAX.checked_sub(below)),
            _ => NAMES.iter().zip(1..).find(|(known, _)| **known == name).map(|(_, number)| number),
        },
    };
    number.filter(|number| (1..=RT_MAX).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_named_as_elsewhere() {
        let numbers = [
            ("SIGTERM", 15),
            ("SIGQUIT", 3),
            ("quit", 3),
            ("SigWinch", 28),
            ("IOT", 6),
            ("9", 9),
            ("SIGRTMIN", 34),
            ("SIGRTMIN+3", 37),
            ("RTMAX-1", 63),
            ("SYS", 31),
        ];
        for (name, number) in numbers {
            assert_eq!(signal_number(name), Some(number), "{name}");
        }
        let none = [
            "", "0", "65", "-1", "256", "SIG", "SIGNO", "RTMIN+31", "RTMIN++1", "RTMAX-64", "RTMIN+", " TERM",
        ];
        for name in none {
            assert_eq!(signal_number(name), None, "{name}");
        }
        assert_eq!(signal_number("TERM"), Some(SIGTERM));
    }
}
