plugins {
    kotlin("jvm") version "2.4.20"
    `java-library`
    `maven-publish`
}

group = "dev.kalends"
version = "0.1.0"

repositories {
    mavenCentral()
}

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-core:1.8.0")
    implementation("net.java.dev.jna:jna:5.13.0")
}

kotlin {
    jvmToolchain(17)
}

// What `cargo xtask bindings kotlin package` makes: the generated sources, and the library where JNA looks for it.
val made = layout.projectDirectory.dir("../../target/bindings")

sourceSets {
    main {
        kotlin.srcDirs("src", made.dir("kotlin"))
        resources.srcDir(made.dir("natives"))
    }
}

publishing {
    publications {
        create<MavenPublication>("kalends") { from(components["java"]) }
    }
}
