//! How much is answered to those whom nobody knows.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    time::Instant,
};

use crate::bucket::Bucket;

/// Networks that are told apart; those that meet in one place share what it allows. A power of two.
const PLACES: usize = 1_024;

/// Answers in a second to one network. Fifty people behind one NAT, with a connection for each pair, ask about as
/// often; a network that never asked gets at most 12 kB/s of it.
const RATE: u32 = 200;

/// Answers that may be given at once after a pause.
const BURST: u32 = 2 * RATE;

/// A token bucket for each network: /24 of IPv4 and /56 of IPv6. Its size never changes.
#[derive(Debug)]
pub(crate) struct Limiter {
    places: Vec<Bucket<RATE, BURST>>,
    hasher: RandomState,
}

impl Limiter {
    pub(crate) fn new() -> Self {
        Self {
            places: vec![Bucket::default(); PLACES],
            hasher: RandomState::new(),
        }
    }

    /// Whether one more may be given.
    pub(crate) fn allow(&mut self, now: Instant, to: IpAddr) -> bool {
        let place = self.hasher.hash_one(network(to)) as usize % PLACES;
        self.places[place].take(now)
    }
}

/// The network that an address is of, a /24 of IPv4 or a /56 of IPv6: as a rule that is one household or office.
#[must_use]
pub fn network(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(v4) => u64::from(u32::from(v4) >> 8),
        // Set apart from all IPv4 networks by a bit that those never have.
        IpAddr::V6(v6) => (u128::from(v6) >> 72) as u64 | 1 << 63,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn allowed(limiter: &mut Limiter, now: Instant, to: IpAddr, asked: usize) -> usize {
        (0..asked).filter(|_| limiter.allow(now, to)).count()
    }

    #[test]
    fn a_network_gets_its_burst_and_then_its_rate() {
        let (mut limiter, start) = (Limiter::new(), Instant::now());
        let victim = |last| IpAddr::from([203, 0, 113, last]);
        assert_eq!(allowed(&mut limiter, start, victim(1), 1_000), 400);
        assert_eq!(allowed(&mut limiter, start, victim(2), 1_000), 0);
        let later = start + Duration::from_millis(500);
        assert_eq!(allowed(&mut limiter, later, victim(2), 1_000), 100);
        let much_later = start + Duration::from_secs(3_600);
        assert_eq!(allowed(&mut limiter, much_later, victim(3), 1_000), 400);
    }

    #[test]
    fn slow_askers_are_never_refused() {
        let (mut limiter, start) = (Limiter::new(), Instant::now());
        let steady = (0..5_000_u32).all(|n| {
            let now = start + Duration::from_millis(5) * n;
            limiter.allow(now, IpAddr::from([203, 0, 113, 9]))
        });
        assert!(steady);
    }

    #[test]
    fn networks_are_told_apart_by_their_prefix() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("203.0.113.1"), of("203.0.113.255"));
        assert_ne!(of("203.0.113.1"), of("203.0.114.1"));
        assert_eq!(of("2001:db8:1:100::1"), of("2001:db8:1:1ff::9"));
        assert_ne!(of("2001:db8:1:100::1"), of("2001:db8:1:200::1"));
        assert_eq!(of("::ffff:203.0.113.1"), of("203.0.113.7"));
    }
}
