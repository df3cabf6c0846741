//! Who fills which role at one start: branch and bound.

use super::ask::Role;

/// A way to fill the roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filled {
    /// All points of it.
    pub(super) points: i64,
    /// The seats of each role, sorted; empty where an optional one stays open.
    pub(super) roles: Vec<Vec<usize>>,
}

/// Fills roles with seats; `points[seat]` is `None` where the seat cannot take part.
pub(super) struct Filler<'a> {
    roles: &'a [Role],
    points: &'a [Option<i64>],
    /// Of a role with a choice, what each seat's turn takes away.
    burdens: &'a [i64],
    /// The most that the roles from each place on can bring.
    bounds: Vec<i64>,
    used: Vec<bool>,
    chosen: Vec<Vec<usize>>,
    best: Option<Filled>,
    steps: u32,
}

impl<'a> Filler<'a> {
    /// `None` where a role that must be filled has too few who can.
    pub(super) fn new(
        roles: &'a [Role],
        points: &'a [Option<i64>],
        burdens: &'a [i64],
    ) -> Option<Self> {
        let mut filler = Self {
            roles,
            points,
            burdens,
            bounds: vec![0; roles.len() + 1],
            used: vec![false; points.len()],
            chosen: vec![Vec::new(); roles.len()],
            best: None,
            steps: 0,
        };
        for (at, role) in roles.iter().enumerate().rev() {
            let most = filler.candidates(role);
            let filled = (most.len() >= role.pick).then(|| {
                most[..role.pick].iter().map(|(points, _)| points).sum::<i64>()
                    + i64::from(role.optional.unwrap_or(0))
            });
            let open = role.optional.map(|_| 0);
            filler.bounds[at] = filler.bounds[at + 1] + filled.max(open)?;
        }
        Some(filler)
    }

    /// The most that any way of filling can bring.
    pub(super) fn bound(&self) -> i64 {
        self.bounds[0]
    }

    /// The best way that was found in so many steps, and how many of them are left. Where all
    /// were needed, there may be a better one.
    pub(super) fn best(mut self, steps: u32) -> (Option<Filled>, u32) {
        self.steps = steps;
        self.role(0, 0);
        (self.best, self.steps)
    }

    fn role(&mut self, at: usize, points: i64) {
        let reachable = points + self.bounds[at];
        if self.best.as_ref().is_some_and(|best| reachable <= best.points) {
            return;
        }
        let Some(role) = self.roles.get(at) else {
            let mut roles = self.chosen.clone();
            roles.iter_mut().for_each(|seats| seats.sort_unstable());
            self.best = Some(Filled { points, roles });
            return;
        };
        let free = self.candidates(role);
        if free.len() >= role.pick {
            let filled = points + i64::from(role.optional.unwrap_or(0));
            self.pick(at, (&free, role.pick), filled);
        }
        if role.optional.is_some() {
            self.role(at + 1, points);
        }
    }

    /// Takes `left` more seats out of those that are free, which are sorted by what they bring.
    fn pick(&mut self, at: usize, (free, left): (&[(i64, usize)], usize), points: i64) {
        if left == 0 {
            self.role(at + 1, points);
            return;
        }
        for n in 0..=free.len() - left {
            let most: i64 = free[n..n + left].iter().map(|(points, _)| points).sum();
            let reachable = points + most + self.bounds[at + 1];
            let beaten = self.best.as_ref().is_some_and(|best| reachable <= best.points);
            if beaten || self.steps == 0 {
                return;
            }
            self.steps -= 1;
            let (brings, seat) = free[n];
            self.used[seat] = true;
            self.chosen[at].push(seat);
            self.pick(at, (&free[n + 1..], left - 1), points + brings);
            self.chosen[at].pop();
            self.used[seat] = false;
        }
    }

    /// The seats that could fill a role now, those that bring most first, then by their places.
    fn candidates(&self, role: &Role) -> Vec<(i64, usize)> {
        let has_choice = role.of.len() > role.pick;
        let mut seats: Vec<usize> = role.of.clone();
        seats.sort_unstable();
        seats.dedup();
        let mut free: Vec<(i64, usize)> = seats
            .into_iter()
            .filter(|seat| self.used.get(*seat) == Some(&false))
            .filter_map(|seat| {
                let turn = if has_choice { self.burdens[seat] } else { 0 };
                Some((self.points[seat]? - turn, seat))
            })
            .collect();
        free.sort_by_key(|(points, seat)| (-points, *seat));
        free
    }
}
