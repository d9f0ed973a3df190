reset role
