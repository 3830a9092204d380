//! Shapes and the scene that draws them.
#![allow(dead_code)]

use std::collections::{hash_map::Entry, HashMap, HashSet as Set};
use std::fmt::{self, Display};
use crate::geometry::*;
use super::color::Color;
pub use self::inner::Helper as PublicHelper;
use serde;
extern crate rand as random;

pub mod inner {
    pub struct Helper;
    pub(crate) fn assist(helper: &Helper) -> bool {
        true
    }
}
mod outer;

/// The most shapes a scene may hold.
pub const MAX_SHAPES: usize = 64;
static mut COUNTER: u32 = 0;

pub type Result<T> = std::result::Result<T, SceneError>;

/// What can go wrong.
#[derive(Debug, Clone)]
pub enum SceneError {
    Full,
    Unknown(String),
    Io { path: String, source: std::io::Error },
}

/// Everything that has an area.
pub trait Shape: Display + Send {
    const SIDES: u32;
    type Unit;
    /// The area in square units.
    fn area(&self, scale: f64) -> f64;
    fn name(&self) -> String {
        format!("{} of {}", self, Self::SIDES)
    }
}

// A circle.
#[derive(Default)]
pub struct Circle<'a, T: Copy = f64> {
    pub radius: T,
    label: &'a str,
    #[serde(skip)]
    colors: Vec<Color>,
}

struct Meters(pub f64, u8);
union Bits { int: u32, float: f32 }

impl<'a, T: Copy> Circle<'a, T> {
    /// Makes a circle.
    pub fn new(radius: T, label: &'a str) -> Self {
        Self { radius, label, colors: Vec::new() }
    }

    async fn load(path: &str) -> Result<Circle<'static>> {
        let text = tokio::fs::read_to_string(path).await?;
        let circle: Circle = parse(&text)?;
        Ok(circle)
    }
}

impl<'a> Shape for Circle<'a> {
    const SIDES: u32 = 0;
    type Unit = f64;
    fn area(&self, scale: f64) -> f64 {
        std::f64::consts::PI * self.radius.powi(2) * scale
    }
}

impl fmt::Display for SceneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SceneError::Full => write!(f, "full"),
            Self::Unknown(name) if name.len() > 3 => write!(f, "unknown {name}"),
            SceneError::Io { path, .. } => f.write_str(path),
            _ => Ok(()),
        }
    }
}

#[derive(Default)]
pub struct Scene {
    shapes: HashMap<String, Box<dyn Shape<Unit = f64>>>,
}

impl Scene {
    pub fn add<S>(&mut self, name: &str, shape: S) -> Result<&mut Self>
    where
        S: Shape<Unit = f64> + 'static,
    {
        if self.shapes.len() >= MAX_SHAPES {
            return Err(SceneError::Full);
        }
        match self.shapes.entry(name.to_string()) {
            Entry::Occupied(old) => drop(old),
            Entry::Vacant(free) => {
                free.insert(Box::new(shape));
            }
        }
        Ok(self)
    }

    fn total(&self) -> f64 {
        let mut total = 0.0;
        for (name, shape) in &self.shapes {
            let part = shape.area(1.0);
            total += part;
        }
        self.shapes.values().map(|shape| shape.area(2.0)).sum::<f64>() + total
    }
}

#[macro_export]
macro_rules! scene {
    ($($name:expr => $shape:expr),*) => {{
        let mut scene = Scene::default();
        $(scene.add($name, $shape).unwrap();)*
        scene
    }};
}

pub(crate) unsafe extern "C" fn count(by: u32) -> u32 {
    COUNTER += by;
    COUNTER
}

fn main() -> Result<()> {
    let circle = Circle::new(2.0, "one");
    let mut scene = Scene::default();
    let Meters(length, _) = Meters(1.0, 2);
    if let Some(color) = circle.colors.first() {
        println!("{color:?}");
    }
    scene.add("first", circle)?;
    let other = inner::Helper;
    let compute = |x: f64, shape: &dyn Shape<Unit = f64>| -> f64 { shape.area(x) };
    inner::assist(&other);
    Ok(())
}
