//! What `/proc` says of a process: its CPU, its threads, what it holds. The parsers are pure; all of `proc(5)`.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    time::{Duration, Instant},
};

use crate::error::LoadError;

/// `USER_HZ`, in which `/proc` counts CPU: 100 on all that Linux runs on today. The kernel counts exactly and only
/// shows it so coarsely; what it shows of a thread is exact, but goes with the thread.
const TICK: Duration = Duration::from_millis(10);

/// What a process has used up to a moment.
pub struct Usage {
    at: Instant,
    cpu: Duration,
    /// The threads that live, by their numbers.
    threads: HashMap<String, Thread>,
}

/// What a thread has used.
#[derive(Clone, Debug, PartialEq)]
struct Thread {
    kind: String,
    cpu: Duration,
    /// Context switches, wanted and not.
    switches: u64,
}

/// What a process used per second between two moments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spent {
    /// How many cores it kept busy.
    pub cores: f64,
    /// Context switches.
    pub switches: f64,
    /// How many cores the threads of a kind kept busy, by their names without numbers.
    pub threads: BTreeMap<String, f64>,
}

/// What a process holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holdings {
    /// Threads by their names without numbers.
    pub threads: BTreeMap<String, usize>,
    /// Open file descriptors.
    pub descriptors: usize,
    /// Resident memory in kB.
    pub memory: u64,
}

impl Usage {
    /// Reads it now.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn of(process: u32) -> Result<Self, LoadError> {
        let cpu = parsed(&format!("/proc/{process}/stat"), cpu)?;
        let mut threads = HashMap::new();
        for id in entries(&format!("/proc/{process}/task"))? {
            // One that has ended while we look is none.
            if let Some(thread) = Thread::of(process, &id) {
                threads.insert(id, thread);
            }
        }
        Ok(Self {
            at: Instant::now(),
            cpu,
            threads,
        })
    }

    /// CPU since `before`.
    pub fn cpu_since(&self, before: &Self) -> Duration {
        self.cpu.saturating_sub(before.cpu)
    }

    /// What was used since `before`, per second. Threads that ended in between take their switches with them.
    pub fn since(&self, before: &Self) -> Spent {
        let seconds = (self.at - before.at).as_secs_f64();
        let mut spent = Spent::default();
        for (id, thread) in &self.threads {
            let (cpu, switches) = thread.since(before.threads.get(id));
            spent.switches += switches as f64 / seconds;
            *spent.threads.entry(thread.kind.clone()).or_default() += cpu.as_secs_f64() / seconds;
        }
        let all_live = before
            .threads
            .keys()
            .all(|id| self.threads.contains_key(id));
        spent.cores = if all_live {
            spent.threads.values().sum()
        } else {
            self.cpu_since(before).as_secs_f64() / seconds
        };
        spent
    }
}

impl Thread {
    fn of(process: u32, id: &str) -> Option<Self> {
        let read = |file| fs::read_to_string(format!("/proc/{process}/task/{id}/{file}")).ok();
        Some(Self {
            kind: kind(&read("comm")?),
            cpu: on_cpu(&read("schedstat")?)?,
            switches: switched(&read("status")?)?,
        })
    }

    /// One that was not there before counts from its beginning.
    fn since(&self, before: Option<&Self>) -> (Duration, u64) {
        let (cpu, switches) = before.map_or((Duration::ZERO, 0), |b| (b.cpu, b.switches));
        (
            self.cpu.saturating_sub(cpu),
            self.switches.saturating_sub(switches),
        )
    }
}

impl Holdings {
    /// Reads them now.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn of(process: u32) -> Result<Self, LoadError> {
        let mut threads = BTreeMap::new();
        for thread in entries(&format!("/proc/{process}/task"))? {
            let name = fs::read_to_string(format!("/proc/{process}/task/{thread}/comm"));
            if let Ok(name) = name {
                *threads.entry(kind(&name)).or_default() += 1;
            }
        }
        Ok(Self {
            threads,
            descriptors: entries(&format!("/proc/{process}/fd"))?.len(),
            memory: parsed(&format!("/proc/{process}/status"), resident)?,
        })
    }

    /// How many threads there are.
    pub fn thread_count(&self) -> usize {
        self.threads.values().sum()
    }
}

/// How long the machine's cores have been busy, all together, since it started.
///
/// # Errors
/// When `/proc` is not there.
pub fn machine() -> Result<Duration, LoadError> {
    parsed("/proc/stat", busy)
}

fn parsed<T>(file: &str, parse: fn(&str) -> Option<T>) -> Result<T, LoadError> {
    let text = fs::read_to_string(file).map_err(LoadError::io(file))?;
    parse(&text).ok_or_else(|| LoadError::Unreadable {
        file: file.into(),
        text,
    })
}

fn entries(folder: &str) -> Result<Vec<String>, LoadError> {
    let entries = fs::read_dir(folder).map_err(LoadError::io(folder))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.collect())
}

/// `utime` and `stime` of `/proc/PID/stat`. The name before them may hold anything, also spaces and brackets.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let (user, system) = (fields.next()?, fields.next()?);
    Some(TICK * (user.parse::<u32>().ok()? + system.parse::<u32>().ok()?))
}

/// Both counts of context switches in `/proc/PID/task/TID/status`.
fn switched(status: &str) -> Option<u64> {
    let wanted = field(status, "voluntary_ctxt_switches")?;
    let unwanted = field(status, "nonvoluntary_ctxt_switches")?;
    Some(wanted + unwanted)
}

/// The first figure of `/proc/PID/task/TID/schedstat`: nanoseconds on a core.
fn on_cpu(schedstat: &str) -> Option<Duration> {
    let time = schedstat.split_ascii_whitespace().next()?;
    time.parse().ok().map(Duration::from_nanos)
}

fn resident(status: &str) -> Option<u64> {
    field(status, "VmRSS")
}

fn field(status: &str, name: &str) -> Option<u64> {
    let mut values = status.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key == name).then_some(value)
    });
    values.next()?.split_ascii_whitespace().next()?.parse().ok()
}

/// Of the first line of `/proc/stat`, all but `idle` and `iowait`, and without the guests, which count as users.
fn busy(stat: &str) -> Option<Duration> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u32> = line
        .split_ascii_whitespace()
        .map_while(|field| field.parse().ok())
        .collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, ..] = ticks[..] else {
        return None;
    };
    Some(TICK * (user + nice + system + irq + softirq))
}

/// A thread's name without what only tells it from others of its kind: numbers, and the pad, whose name the kernel
/// may have cut short.
fn kind(name: &str) -> String {
    let letters = name.trim().chars().filter(|c| !c.is_ascii_digit());
    let letters = letters.collect::<String>();
    let pad = [":src", ":sr", ":s"];
    let element = pad.iter().find_map(|pad| letters.strip_suffix(pad));
    element
        .unwrap_or(&letters)
        .trim_end_matches([':', '-', '_'])
        .into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn cpu_is_read_behind_any_name() {
        let stat = "42 (a b) c) S 1 42 42 0 -1 4194304 5 0 0 0 123 45 6 7 20 0 9 0";
        assert_eq!(cpu(stat), Some(Duration::from_millis(1_680)));
        assert_eq!(cpu("42 (a) S 1"), None);
        assert_eq!(cpu(""), None);
    }

    #[test]
    fn both_kinds_of_switches_count() {
        let status = "Name:\tx\nVmRSS:\t    1234 kB\nvoluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n";
        assert_eq!(switched(status), Some(42));
        assert_eq!(resident(status), Some(1_234));
        assert_eq!(switched("voluntary_ctxt_switches:\t40"), None);
    }

    #[test]
    fn a_machine_that_waits_is_not_busy() {
        let stat =
            "cpu  100 20 3 5000 600 7 8 9 10 11\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 12345678901234\n";
        assert_eq!(busy(stat), Some(Duration::from_millis(1_380)));
        assert_eq!(busy("cpu0 1 2 3 4 5 6 7"), None);
        assert_eq!(busy("cpu  1 2 3"), None);
    }

    #[test]
    fn a_thread_that_came_counts_from_its_beginning() {
        let at = Instant::now();
        let usage = |seconds: u64, cpu: u64, threads: &[(&str, &str, u64, u64)]| Usage {
            at: at + Duration::from_secs(seconds),
            cpu: Duration::from_millis(cpu),
            threads: threads
                .iter()
                .map(|&(id, name, cpu, switches)| {
                    let thread = Thread {
                        kind: kind(name),
                        cpu: Duration::from_millis(cpu),
                        switches,
                    };
                    (id.to_owned(), thread)
                })
                .collect(),
        };
        let before = usage(0, 100, &[("1", "a1", 50, 10), ("2", "b1", 50, 99)]);
        let after = usage(2, 500, &[("1", "a1", 300, 15), ("3", "a2", 500, 7)]);
        let spent = Spent {
            cores: 0.2,
            switches: 6.0,
            threads: [("a".to_owned(), 0.375)].into(),
        };
        assert_eq!(after.since(&before), spent, "one has ended");
        let before = usage(0, 100, &[("1", "a1", 50, 10)]);
        let spent = Spent {
            cores: 0.375,
            ..spent
        };
        assert_eq!(after.since(&before), spent, "all live");
        assert_eq!(on_cpu("1500 20 3\n"), Some(Duration::from_nanos(1_500)));
    }

    #[test]
    fn threads_of_a_kind_have_one_name() {
        let table = [
            ("nicesrc12:src\n", "nicesrc"),
            ("rtprtxsend12:sr", "rtprtxsend"),
            ("webrtcbin3:ice", "webrtcbin:ice"),
            ("tokio-rt-worker\n", "tokio-rt-worker"),
            ("convene-0\n", "convene"),
        ];
        for (name, without_number) in table {
            assert_eq!(kind(name), without_number);
        }
    }

    #[test]
    fn this_process_is_seen() {
        let before = Usage::of(std::process::id()).unwrap();
        let mut sum = 0_u64;
        while Usage::of(std::process::id())
            .unwrap()
            .cpu_since(&before)
            .is_zero()
        {
            sum = std::hint::black_box(sum + 1);
        }
        let spent = Usage::of(std::process::id()).unwrap().since(&before);
        let threads: f64 = spent.threads.values().sum();
        assert!(threads > 0.0 && threads < 100.0, "{spent:?}");
        assert!(spent.cores > 0.0 && spent.cores < 100.0, "{spent:?}");
        let holdings = Holdings::of(std::process::id()).unwrap();
        assert!(holdings.thread_count() >= 1 && holdings.descriptors >= 3 && holdings.memory > 500);
        assert!(machine().unwrap() > Duration::ZERO);
    }
}
