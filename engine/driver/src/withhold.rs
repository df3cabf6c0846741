//! Plans whose jobs are left out of the queue, and found again by the next sweep.

use std::collections::BTreeSet;

use kalends_core::graph::{Edge, Lifecycle};
use kalends_core::ids::EdgeId;
use kalends_core::plan::{Change, JobKey, Plan, Row};
use kalends_core::slice::Config;
use kalends_core::wire;

/// The plan without its jobs. The same commit has the edges swept that they belong to, and a
/// sweep queues again what the rows say is left to write. A job that no sweep would find stays.
pub(crate) fn withheld(plan: Plan, config: &Config) -> Plan {
    let mut plan = plan;
    let mut sweep = BTreeSet::new();
    plan.jobs.retain(|job| {
        let edges = swept_for(job.key, config);
        sweep.extend(edges.iter().copied());
        edges.is_empty()
    });
    for edge in sweep {
        let planned = plan.changes.iter().rev().find_map(|change| match change {
            Change::Put(Row::Sweep(of, sweep), _) if *of == edge => Some(*sweep),
            Change::Put(..) | Change::Delete(_) => None,
        });
        // An edge without a row has not been swept yet.
        let Some(sweep) = planned.or_else(|| config.sweeps.get(&edge).copied()) else { continue };
        if sweep.again() != sweep {
            let row = Row::Sweep(edge, sweep.again());
            let bytes = wire::encode(&row);
            plan.changes.push(Change::Put(row, bytes));
        }
    }
    plan
}

/// The edges whose sweep finds a job again.
fn swept_for(job: JobKey, config: &Config) -> Vec<EdgeId> {
    let of = |edge: &&Edge| match job {
        JobKey::Part(part) => edge.id == part.edge,
        JobKey::Origin(_, calendar) => edge.from == calendar,
        JobKey::Overlay(calendar) => edge.to == calendar,
        JobKey::Pull(_) => false,
    };
    let is_swept = |edge: &&Edge| match edge.state {
        Lifecycle::Active | Lifecycle::Retiring => true,
        Lifecycle::Paused(_) | Lifecycle::Abandoned => false,
    };
    config.edges.values().filter(of).filter(is_swept).map(|edge| edge.id).collect()
}

#[cfg(test)]
mod tests {
    use kalends_core::graph::{EdgeOptions, Sweep};
    use kalends_core::ids::{CalendarId, EventId};
    use kalends_core::mirror::{PartKey, PartRef};
    use kalends_core::plan::Job;
    use kalends_core::time::Timestamp;

    use super::*;

    const AT: Timestamp = Timestamp::from_seconds(1);

    fn calendar(n: u8) -> CalendarId {
        CalendarId::from_bytes([n; 16])
    }

    fn edge(n: u8, state: Lifecycle) -> Edge {
        let (from, to) = (calendar(n), calendar(100 + n));
        let options = EdgeOptions::default();
        Edge { id: EdgeId::from_bytes([n; 16]), from, to, options, state, pair: None }
    }

    fn job(key: JobKey) -> Job {
        Job { key, lane: calendar(9), run_at: AT, starts: AT }
    }

    fn part(edge: u8) -> JobKey {
        let (event, edge) = (EventId::from_bytes([5; 16]), EdgeId::from_bytes([edge; 16]));
        JobKey::Part(PartRef { event, edge, part: PartKey::Whole })
    }

    fn swept(plan: &Plan) -> Vec<EdgeId> {
        let edge = |change: &Change| {
            let Change::Put(Row::Sweep(edge, Sweep::After(None)), _) = change else { return None };
            Some(*edge)
        };
        plan.changes.iter().filter_map(edge).collect()
    }

    #[test]
    fn each_job_left_out_has_an_edge_swept() {
        let mut config = Config::default();
        for n in 1..=4 {
            config.edges.insert(EdgeId::from_bytes([n; 16]), edge(n, Lifecycle::Active));
            config.sweeps.insert(EdgeId::from_bytes([n; 16]), Sweep::Done(AT));
        }
        let origin = JobKey::Origin(EventId::from_bytes([5; 16]), calendar(2));
        let jobs = [part(1), origin, JobKey::Overlay(calendar(103))].map(job).to_vec();
        let plan = withheld(Plan { jobs, ..Plan::default() }, &config);
        assert_eq!(plan.jobs, []);
        assert_eq!(swept(&plan), [1, 2, 3].map(|n| EdgeId::from_bytes([n; 16])));
    }

    #[test]
    fn a_job_that_no_sweep_finds_stays() {
        let mut config = Config::default();
        config.edges.insert(EdgeId::from_bytes([1; 16]), edge(1, Lifecycle::Abandoned));
        let jobs = [part(1), part(2), JobKey::Pull(calendar(1).into())].map(job).to_vec();
        let plan = withheld(Plan { jobs: jobs.clone(), ..Plan::default() }, &config);
        assert_eq!((plan.jobs, plan.changes), (jobs, Vec::new()));
    }
}
