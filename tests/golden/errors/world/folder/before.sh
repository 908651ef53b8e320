mkdir w.world.db
