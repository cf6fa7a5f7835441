//! Seconds since 1970 as date and time of day, in the proleptic Gregorian calendar, UTC.

/// Date and time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
}

/// A time as RFC 3339 has it, `1980-01-01T00:00:00Z`: of seconds since 1970, in UTC.
pub fn date_time(seconds: i64) -> String {
    let Civil { year, month, day, hour, minute, second } = Civil::of(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

const DAY: i64 = 24 * 60 * 60;
/// Days of four centuries.
const ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01: years are counted from March, so that the leap day ends them.
const EPOCH: i64 = 719_468;

impl Civil {
    pub(crate) fn of(seconds: i64) -> Civil {
        let (days, time) = (seconds.div_euclid(DAY) + EPOCH, seconds.rem_euclid(DAY));
        let (era, day_of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months from March on have 153 days in five.
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let january = i64::from(month >= 10);
        Civil {
            year: era * 400 + year_of_era + january,
            month: (if month < 10 { month + 3 } else { month - 9 }) as u8,
            day: day as u8,
            hour: (time / 3600) as u8,
            minute: (time / 60 % 60) as u8,
            second: (time % 60) as u8,
        }
    }

    /// Seconds since 1970. Months and days out of their range count on.
    pub(crate) fn seconds(self) -> i64 {
        let Civil { year, month, day, hour, minute, second } = self;
        // Years from March, as above.
        let (month, day) = (i64::from(month), i64::from(day));
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_era =
            year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * month + 2) / 5 + day - 1;
        let days = era * ERA + day_of_era - EPOCH;
        days * DAY + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        let civil = |year, month, day, hour, minute, second| Civil { year, month, day, hour, minute, second };
        assert_eq!(Civil::of(0), civil(1970, 1, 1, 0, 0, 0));
        assert_eq!(Civil::of(-1), civil(1969, 12, 31, 23, 59, 59));
        assert_eq!(Civil::of(315_532_800), civil(1980, 1, 1, 0, 0, 0));
        assert_eq!(Civil::of(951_827_696), civil(2000, 2, 29, 12, 34, 56));
        assert_eq!(Civil::of(4_107_542_400), civil(2100, 3, 1, 0, 0, 0));
    }

    #[test]
    fn there_and_back() {
        for seconds in (-5_000_000_000..10_000_000_000).step_by(86_399 * 7) {
            assert_eq!(Civil::of(seconds).seconds(), seconds);
        }
    }
}
