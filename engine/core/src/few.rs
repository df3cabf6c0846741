//! Maps and sets of which there are many, and most hold nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A collection that takes one word while it holds nothing, and no work to make, move or drop: a
/// slice has many of them, and is made for every step. Apart from that it is what is in it.
#[derive(Clone)]
pub struct Few<C>(Option<Box<C>>);

/// A collection that [`Few`] can hold.
pub trait Collection: Default + 'static {
    /// One that holds nothing.
    const EMPTY: &'static Self;
}

impl<K: 'static, V: 'static> Collection for BTreeMap<K, V> {
    const EMPTY: &'static Self = &Self::new();
}

impl<T: 'static> Collection for BTreeSet<T> {
    const EMPTY: &'static Self = &Self::new();
}

impl<C> Few<C> {
    /// Adds all that another holds.
    pub fn join<T>(&mut self, more: Self)
    where
        C: Extend<T> + IntoIterator<Item = T>,
    {
        match (&mut self.0, more.0) {
            (_, None) => {}
            (Some(held), Some(more)) => held.extend(*more),
            (held @ None, more) => *held = more,
        }
    }
}

impl<C> Default for Few<C> {
    fn default() -> Self {
        Self(None)
    }
}

impl<C: Collection> Deref for Few<C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.0.as_deref().unwrap_or(C::EMPTY)
    }
}

impl<C: Collection> DerefMut for Few<C> {
    fn deref_mut(&mut self) -> &mut C {
        self.0.get_or_insert_default()
    }
}

impl<C: Collection + PartialEq> PartialEq for Few<C> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<C: Collection + Eq> Eq for Few<C> {}

impl<C: Collection + fmt::Debug> fmt::Debug for Few<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<C> From<C> for Few<C> {
    fn from(held: C) -> Self {
        Self(Some(Box::new(held)))
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for Few<BTreeSet<T>> {
    fn from(held: [T; N]) -> Self {
        held.into_iter().collect()
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for Few<BTreeMap<K, V>> {
    fn from(held: [(K, V); N]) -> Self {
        held.into_iter().collect()
    }
}

/// Puts the items in one by one: what a map or set is collected from is sorted first, and each kind
/// of row would bring a sort of its own into the program.
impl<C: Default + Extend<T>, T> FromIterator<T> for Few<C> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items = items.into_iter().peekable();
        let mut few = Self(None);
        if items.peek().is_some() {
            few.0.get_or_insert_default().extend(items);
        }
        few
    }
}

impl<C: Default + IntoIterator> IntoIterator for Few<C> {
    type Item = C::Item;
    type IntoIter = C::IntoIter;

    fn into_iter(self) -> C::IntoIter {
        self.0.map(|held| *held).unwrap_or_default().into_iter()
    }
}

impl<'a, C: Collection> IntoIterator for &'a Few<C>
where
    &'a C: IntoIterator,
{
    type Item = <&'a C as IntoIterator>::Item;
    type IntoIter = <&'a C as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (**self).into_iter()
    }
}

impl<'a, C: Collection> IntoIterator for &'a mut Few<C>
where
    &'a mut C: IntoIterator,
{
    type Item = <&'a mut C as IntoIterator>::Item;
    type IntoIter = <&'a mut C as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (**self).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = Few<BTreeSet<u8>>;

    #[test]
    fn few_are_what_is_in_them() {
        let mut numbers = Numbers::default();
        assert_eq!((numbers.len(), numbers.iter().next(), size_of::<Numbers>()), (0, None, 8));
        assert_eq!(numbers, Numbers::from(BTreeSet::new()));
        assert_eq!(numbers, std::iter::empty::<u8>().collect());
        numbers.join([2, 1].into());
        numbers.join(Numbers::default());
        numbers.join([3].into());
        numbers.insert(1);
        assert_eq!(format!("{numbers:?}"), "{1, 2, 3}");
        assert_eq!(numbers.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    }
}
