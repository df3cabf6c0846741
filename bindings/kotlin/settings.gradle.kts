rootProject.name = "kalends"
