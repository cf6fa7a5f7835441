//! Results in words.

use std::time::{Duration, SystemTime};

use super::{CacheState, LastRun, Told};

/// What all steps together are: cached when each is.
pub(super) fn word(steps: &[Told<'_>]) -> &'static str {
    if steps.iter().any(|(state, _)| matches!(state, CacheState::Runs(_))) {
        "runs"
    } else if steps.iter().all(|(state, _)| **state == CacheState::Cached) {
        "cached"
    } else {
        "unknown"
    }
}

/// How the steps ended and what would become of them now: `Last run: ok, 12.3 s, 2 h ago · cached now`. `None` for no steps.
pub(super) fn sentence(steps: &[Told<'_>], now: SystemTime) -> Option<String> {
    (!steps.is_empty()).then(|| format!("{} · {}", before(steps, now), becomes(steps)))
}

fn before(steps: &[Told<'_>], now: SystemTime) -> String {
    let known: Vec<&LastRun> = steps.iter().filter_map(|(_, last)| *last).collect();
    let Some(latest) = known.iter().max_by_key(|last| last.at) else {
        return "Last run: none that is known".to_owned();
    };
    let result = match known.iter().find(|last| last.exit_code != 0) {
        Some(failed) => format!("exit code {}", failed.exit_code),
        None => "ok".to_owned(),
    };
    let took: Duration = known.iter().map(|last| last.took).sum();
    let of = match known.len() {
        1 => String::new(),
        many => format!(" in {many} steps"),
    };
    let ago = now.duration_since(latest.at).unwrap_or_default();
    format!("Last run: {result}, {}{of}, {}", time(took), age(ago))
}

fn becomes(steps: &[Told<'_>]) -> String {
    let count = |which: fn(&CacheState) -> bool| steps.iter().filter(|(state, _)| which(state)).count();
    let runs = count(|state| matches!(state, CacheState::Runs(_)));
    let unknown = count(|state| matches!(state, CacheState::Unknown(_)));
    let why = steps.iter().find_map(|(state, _)| match state {
        CacheState::Runs(why) => why.as_deref().map(|why| format!(": {why}")),
        _ => None,
    });
    let waits = steps.iter().find_map(|(state, _)| match state {
        CacheState::Unknown(what) => Some(what),
        _ => None,
    });
    match (steps.len(), runs, unknown, waits) {
        (_, 0, 0, _) => "cached now".to_owned(),
        (1, 1, ..) => format!("runs now{}", why.unwrap_or_default()),
        (_, 0, _, Some(what)) => format!("not known now: that depends on {what}"),
        (all, _, 0, _) => format!("{runs} of {all} steps run now{}", why.unwrap_or_default()),
        (all, ..) => {
            format!("{runs} of {all} steps run now, {unknown} may{}", why.unwrap_or_default())
        }
    }
}

/// `340 ms`, `12.3 s`, `3 min 20 s`, `1 h 5 min`.
fn time(took: Duration) -> String {
    let seconds = took.as_secs();
    match seconds {
        0 => format!("{} ms", took.as_millis()),
        1..60 => format!("{}.{} s", seconds, took.subsec_millis() / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn age(ago: Duration) -> String {
    let seconds = ago.as_secs();
    match seconds {
        0..10 => "just now".to_owned(),
        10..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn last(exit_code: i32, took: u64, ago: u64) -> LastRun {
        let at = UNIX_EPOCH + Duration::from_secs(1_000_000 - ago);
        LastRun { exit_code, took: Duration::from_millis(took), at }
    }

    #[track_caller]
    fn check(steps: &[(CacheState, Option<LastRun>)], word: &str, sentence: &str) {
        let told: Vec<Told<'_>> = steps.iter().map(|(state, last)| (state, last.as_ref())).collect();
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!((super::word(&told), super::sentence(&told, now).as_deref()), (word, Some(sentence)));
    }

    #[test]
    fn states_are_told_in_words() {
        use CacheState::{Cached, Runs, Unknown};
        let why = Some("`f` is other than before".into());
        check(
            &[(Cached, Some(last(0, 12_345, 7300)))],
            "cached",
            "Last run: ok, 12.3 s, 2 h ago · cached now",
        );
        check(&[(Runs(None), None)], "runs", "Last run: none that is known · runs now");
        check(
            &[(Runs(why.clone()), Some(last(1, 340, 30)))],
            "runs",
            "Last run: exit code 1, 340 ms, 30 s ago · runs now: `f` is other than before",
        );
        check(
            &[(Unknown("`build`".into()), Some(last(0, 200_000, 300_000)))],
            "unknown",
            "Last run: ok, 3 min 20 s, 3 days ago · not known now: that depends on `build`",
        );
        check(
            &[
                (Cached, Some(last(0, 3_900_000, 500))),
                (Runs(why), None),
                (Unknown("x".into()), Some(last(0, 1000, 5))),
            ],
            "runs",
            "Last run: ok, 1 h 5 min in 2 steps, just now · 1 of 3 steps run now, 1 may: `f` is other than before",
        );
        check(
            &[(Cached, None), (Runs(None), None)],
            "runs",
            "Last run: none that is known · 1 of 2 steps run now",
        );
        check(
            &[(Cached, Some(last(0, 1000, 500))), (Unknown("x".into()), None)],
            "unknown",
            "Last run: ok, 1.0 s, 8 min ago · not known now: that depends on x",
        );
    }
}
