analyze wanted
